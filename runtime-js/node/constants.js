// `constants`: the numbers of several modules in one object, as in the oldest versions of Node.
import { constants as files } from "node:fs";
import { constants as system } from "node:os";

const constants = { ...system.errno, ...system.signals, ...system.priority, ...files };
export { constants as default, constants as "module.exports" };
