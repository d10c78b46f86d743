// `worker_threads`: there is one thread, and it is the main one.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it runs on one thread; do the work in the handler";

export const SHARE_ENV = Symbol.for("nodejs.worker_threads.SHARE_ENV");
export const isMainThread = true;
export const parentPort = null;
export const resourceLimits = {};
export const threadId = 0;
export const workerData = null;
export const BroadcastChannel = unsupportedClass("worker_threads.BroadcastChannel", INSTEAD);
export const MessageChannel = unsupportedClass("worker_threads.MessageChannel", INSTEAD);
export const MessagePort = unsupportedClass("worker_threads.MessagePort", INSTEAD);
export const Worker = unsupportedClass("worker_threads.Worker", INSTEAD);
export const markAsUntransferable = () => {};
export const { moveMessagePortToContext, receiveMessageOnPort } = unsupportedFunctions(
  "worker_threads", ["moveMessagePortToContext", "receiveMessageOnPort"], INSTEAD,
);
const environment = new Map();
export const getEnvironmentData = (key) => environment.get(key);
export const setEnvironmentData = (key, value) => void environment.set(key, value);

const threads = {
  BroadcastChannel, MessageChannel, MessagePort, SHARE_ENV, Worker, getEnvironmentData, isMainThread, markAsUntransferable,
  moveMessagePortToContext, parentPort, receiveMessageOnPort, resourceLimits, setEnvironmentData, threadId, workerData,
};
export { threads as default, threads as "module.exports" };
