// `sys`: the old name of `util`.
import util from "node:util";

export * from "node:util";
export { util as default, util as "module.exports" };
