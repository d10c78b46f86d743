// `cluster`: there is one process, and it is the primary one.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it has no process of its own";

export const isMaster = true;
export const isPrimary = true;
export const isWorker = false;
export const settings = {};
export const workers = {};
export const Worker = unsupportedClass("cluster.Worker", INSTEAD);
export const { disconnect, fork, setupMaster, setupPrimary } = unsupportedFunctions(
  "cluster", ["disconnect", "fork", "setupMaster", "setupPrimary"], INSTEAD,
);
/** Nothing ever happens that could be listened to. */
const ignored = () => cluster;

const cluster = {
  Worker, addListener: ignored, disconnect, fork, isMaster, isPrimary, isWorker, off: ignored, on: ignored, once: ignored,
  removeListener: ignored, settings, setupMaster, setupPrimary, workers,
};
export { cluster as default, cluster as "module.exports" };
