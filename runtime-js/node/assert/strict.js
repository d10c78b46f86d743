// `assert/strict`: the loose checks are the strict ones.
import { strict } from "node:assert";

export {
  AssertionError, CallTracker, deepStrictEqual as deepEqual, deepStrictEqual, doesNotMatch, doesNotReject, doesNotThrow,
  strictEqual as equal, fail, ifError, match, notDeepStrictEqual as notDeepEqual, notDeepStrictEqual, notStrictEqual as notEqual,
  notStrictEqual, ok, rejects, strict, strictEqual, throws,
} from "node:assert";
export { strict as default, strict as "module.exports" };
