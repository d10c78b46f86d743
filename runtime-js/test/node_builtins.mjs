// Loads our built-in modules into Node itself, beside Node's own, so that both can be asked the same. Only those that
// need no npm package; what they ask of the engine is answered by Node.
import { register } from "node:module";
import { pathToFileURL } from "node:url";

const FOLDER = new URL("../node/", import.meta.url).href;

const hooks = `
const folder = ${JSON.stringify(FOLDER)};
const NATIVE = {
  "vestibule:async": \`
    import { AsyncLocalStorage } from "node:async_hooks";
    const carried = new AsyncLocalStorage();
    export default { get: () => carried.getStore(), set: (value) => carried.enterWith(value) };\`,
  "vestibule:inspect": \`
    import util from "node:util";
    export default { types: util.types, inspect: util.inspect, format: (args, options) => util.formatWithOptions(options ?? {}, ...args) };\`,
  "vestibule:process": "export default { env: {} };",
};
export function resolve(specifier, context, next) {
  if (specifier in NATIVE) return { url: "data:text/javascript," + encodeURIComponent(NATIVE[specifier]), shortCircuit: true };
  if (specifier.startsWith("node:") && context.parentURL?.startsWith(folder)) {
    return { url: folder + specifier.slice(5) + ".js", format: "module", shortCircuit: true };
  }
  return next(specifier, context);
}
export async function load(url, context, next) {
  return url.startsWith(folder) ? next(url, { ...context, format: "module" }) : next(url, context);
}
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, pathToFileURL("./"));

/** Our module of a name. */
export async function ours(name) {
  return (await import(`${FOLDER}${name}.js`)).default;
}
