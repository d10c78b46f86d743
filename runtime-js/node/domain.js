// `domain`: deprecated by Node for years. Packages look whether they run in one; here nothing ever does.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it has no domains; catch errors where they are thrown";

export const active = undefined;
export const Domain = unsupportedClass("domain.Domain", INSTEAD);
export const { create, createDomain } = unsupportedFunctions("domain", ["create", "createDomain"], INSTEAD);

const domain = { Domain, active, create, createDomain };
export { domain as default, domain as "module.exports" };
