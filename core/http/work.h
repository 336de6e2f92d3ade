// What a connection needs only while a request is under way; an idle connection owns none of it.
#pragma once

#include "http/body_decoder.h"
#include "http/input.h"
#include "http/limits.h"
#include "http/output.h"
#include "http/parser.h"

namespace kirsch::http {

struct Work {
  Work(const Limits& limits, OutputBlocks& blocks) : parser(limits), decoder(limits), output(blocks) {}

  HeadParser parser;
  BodyDecoder decoder;
  Input input;
  Output output;
};

}  // namespace kirsch::http
