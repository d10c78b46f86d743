// `stream/promises`: `finished` and `pipeline` to wait for.
import { promises } from "node:stream";

export const { finished, pipeline } = promises;
export { promises as default, promises as "module.exports" };
