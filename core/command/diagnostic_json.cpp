// What is not known is left out.
#include "command/diagnostic_json.h"

namespace kirsch::command {

void write(JsonWriter& json, const base::Diagnostic& diagnostic) {
  json.open_object();
  json.field("code", diagnostic.code);
  json.field("message", diagnostic.message);
  if (diagnostic.position) {
    json.field("file", diagnostic.position->file);
    if (diagnostic.position->line != 0) {
      json.field("line", diagnostic.position->line);
      json.field("column", diagnostic.position->column);
      json.field("length", diagnostic.position->length);
    }
  }
  if (!diagnostic.note.empty()) json.field("note", diagnostic.note);
  if (!diagnostic.help.empty()) json.field("help", diagnostic.help);
  json.close_object();
}

}  // namespace kirsch::command
