// Good configurations must fit the schema that the server prints, those with a value of a wrong type must not.
// Usage: node validate.mjs TREE REAL-SCHEMA SAMPLE-SCHEMA (the first of the delivered modules, the second of sample.cpp)
import fs from "node:fs";
import path from "node:path";
import Ajv from "ajv";
import { parse } from "yaml";

const [tree, realSchema, sampleSchema] = process.argv.slice(2);
const compiled = (file) => new Ajv({ strict: true, allowUnionTypes: true, allErrors: true })
  .compile(JSON.parse(fs.readFileSync(file, "utf8")));
const yamlFiles = (folder) => fs.readdirSync(path.join(tree, folder)).filter((name) => name.endsWith(".yaml"))
  .map((name) => path.join(tree, folder, name));
const read = (file) => parse(fs.readFileSync(file, "utf8"));

// Where a YAML parser has already made the right value of a spelling that the server refuses.
const readAlike = new Set(["octal_integer", "hex_integer", "boolean_capital", "version_as_number", "integer_with_fraction",
  "integer_with_exponent"]);
// Not a matter of types: these are sentences about texts and files.
const notTypes = new Set(["match_header_name", "log_name", "log_destination", "log_to_a_word", "faulty_default",
  "sites_and_paths", "bad_network", "network_too_wide", "duration_too_long", "match_client", "socket_mode_of_a_port", "socket_group_of_a_port"]);

const failures = [];
const real = compiled(realSchema);
const sample = compiled(sampleSchema);
let good = 0;
for (const [validate, files] of [[real, yamlFiles("config")], [sample, yamlFiles("tests/core/config/good")]]) {
  for (const file of files) {
    good += 1;
    if (!validate(read(file))) failures.push(`${file} is refused: ${JSON.stringify(validate.errors.slice(0, 3))}`);
  }
}

let refused = 0;
const corpus = path.join(tree, "tests/core/config/broken");
for (const line of fs.readFileSync(path.join(corpus, "expected.tsv"), "utf8").trim().split("\n")) {
  const [name, , code] = line.split("\t");
  if (!["C011", "C012", "C014"].includes(code) || readAlike.has(name) || notTypes.has(name)) continue;
  if (sample(read(path.join(corpus, `${name}.yaml`)))) failures.push(`${name}.yaml (${code}) is accepted`);
  refused += 1;
}

if (good < 3 || refused < 70) failures.push(`only ${good} good and ${refused} broken files were looked at`);
for (const failure of failures) console.error(failure);
console.log(`${good} good files fit, ${refused} broken ones were looked at, ${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
