// `v8`: the engine's insides are not the action's.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "the engine's insides are not reachable; use structuredClone or JSON for copies";

export const setFlagsFromString = () => {};
export const Serializer = unsupportedClass("v8.Serializer", INSTEAD);
export const Deserializer = unsupportedClass("v8.Deserializer", INSTEAD);
export const { deserialize, getHeapSnapshot, serialize, takeCoverage, writeHeapSnapshot } = unsupportedFunctions(
  "v8", ["deserialize", "getHeapSnapshot", "serialize", "takeCoverage", "writeHeapSnapshot"], INSTEAD,
);
/** What cannot be measured from inside is nothing. */
export const getHeapStatistics = () => ({
  total_heap_size: 0, total_heap_size_executable: 0, total_physical_size: 0, total_available_size: 0, used_heap_size: 0, heap_size_limit: 0,
  malloced_memory: 0, peak_malloced_memory: 0, does_zap_garbage: 0, number_of_native_contexts: 1, number_of_detached_contexts: 0,
});
export const getHeapSpaceStatistics = () => [];

const v8 = {
  Deserializer, Serializer, deserialize, getHeapSnapshot, getHeapSpaceStatistics, getHeapStatistics, serialize, setFlagsFromString,
  takeCoverage, writeHeapSnapshot,
};
export { v8 as default, v8 as "module.exports" };
