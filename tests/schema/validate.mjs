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
  "integer_with_exponent", "number_in_hex"]);
// What a schema of JSON cannot say: sums with networks, sizes and durations in words, two limits held against each other.
const notExpressible = new Set(["bad_network", "match_client", "duration_step", "duration_range", "field_longer_than_block",
  "log_queue_too_small", "keeper_off_with_processes", "tls_tickets_too_long"]);
// The SDK cannot say a bound inside of a one-of, so the sample module has none there.
const unbounded = new Set(["one_of_out_of_range"]);
// What several levels, files or keys say together: one of them need not have it.
const saidTogether = new Set(["tls_without_certificate", "redirect_to_nowhere", "redirect_of_tls", "tls_password_two_ways",
  "tls_password_no_way", "tls_clients_without_authority", "tls_authority_without_clients",
  "tls_further_without_certificate", "missing_option", "provider_misses", "no_version", "no_listeners"]);

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
  if (!["C011", "C012", "C013", "C014", "C015"].includes(code)) continue;
  if ([readAlike, notExpressible, unbounded, saidTogether].some((exempt) => exempt.has(name))) continue;
  if (sample(read(path.join(corpus, `${name}.yaml`)))) failures.push(`${name}.yaml (${code}) is accepted`);
  refused += 1;
}

if (good < 3 || refused < 100) failures.push(`only ${good} good and ${refused} broken files were looked at`);
for (const failure of failures) console.error(failure);
console.log(`${good} good files fit, ${refused} broken ones were looked at, ${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
