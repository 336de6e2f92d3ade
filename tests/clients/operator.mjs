// What the operator of a server.py's server asks of it: kirsch VERB. Throws unless it succeeds.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";

export const operator = (kirsch, yaml, verb) =>
  execFileSync(kirsch, [verb, "-c", yaml], { env: { ...process.env, STATE_DIRECTORY: join(dirname(yaml), "state") } });
