// `perf_hooks`: the global `performance`, with what Node adds to it.
import { checkFunction, unsupportedClass, unsupportedFunction } from "node:internal/errors";

const { performance: clock } = globalThis;
export const { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure } = globalThis;
export const constants = { NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16 };

const WITHOUT_EVENTS = "read the entries with performance.getEntries()";
export const PerformanceObserver = unsupportedClass("perf_hooks.PerformanceObserver", WITHOUT_EVENTS);
PerformanceObserver.supportedEntryTypes = [];
export const PerformanceObserverEntryList = unsupportedClass("perf_hooks.PerformanceObserverEntryList", WITHOUT_EVENTS);
export const createHistogram = unsupportedFunction("perf_hooks.createHistogram", "count in an array");
export const monitorEventLoopDelay = unsupportedFunction("perf_hooks.monitorEventLoopDelay", "the event loop is the engine's");

const added = {
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  nodeTiming: { name: "node", entryType: "node", startTime: 0, duration: 0 },
  timerify(callback) {
    checkFunction(callback, "fn");
    return callback;
  },
};
for (const name of Object.keys(added)) {
  if (!(name in clock)) Object.defineProperty(clock, name, { value: added[name], writable: true, configurable: true });
}
export { clock as performance };

const hooks = {
  Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList, constants,
  createHistogram, monitorEventLoopDelay, performance: clock,
};
export { hooks as default, hooks as "module.exports" };
