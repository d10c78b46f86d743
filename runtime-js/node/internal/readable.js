// The package `readable-stream`. It takes `nextTick` from the package `process`, whose own uses a timer for every call.
import shim from "process/";
import { nextTick } from "node:internal/ticks";
import Stream from "readable-stream/lib/stream.js";

shim.nextTick = nextTick;
export { Stream as default };
