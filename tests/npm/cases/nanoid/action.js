const { nanoid, customAlphabet } = require("nanoid");

async function use(event) {
  const digits = customAlphabet("0123456789", 6);
  return { id: /^[\w-]{21}$/.test(nanoid()), digits: /^[0-9]{6}$/.test(digits()), different: nanoid() !== nanoid() };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
