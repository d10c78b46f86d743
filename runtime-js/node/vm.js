// `vm`: text is not run as code.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "text is not run as code; write the code into the action or one of its modules";

export const Script = unsupportedClass("vm.Script", INSTEAD);
export const Module = unsupportedClass("vm.Module", INSTEAD);
export const SourceTextModule = unsupportedClass("vm.SourceTextModule", INSTEAD);
export const SyntheticModule = unsupportedClass("vm.SyntheticModule", INSTEAD);
export const constants = {};
export const isContext = () => false;
export const { compileFunction, createContext, measureMemory, runInContext, runInNewContext, runInThisContext } = unsupportedFunctions(
  "vm", ["compileFunction", "createContext", "measureMemory", "runInContext", "runInNewContext", "runInThisContext"], INSTEAD,
);

const vm = {
  Module, Script, SourceTextModule, SyntheticModule, compileFunction, constants, createContext, isContext, measureMemory, runInContext,
  runInNewContext, runInThisContext,
};
export { vm as default, vm as "module.exports" };
