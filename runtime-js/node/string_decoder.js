// `string_decoder`: the package of that name.
import decoder from "string_decoder/";

export const { StringDecoder } = decoder;
export { decoder as default, decoder as "module.exports" };
