const chunk = require("lodash/chunk");
const get = require("lodash/get");
const pick = require("lodash/pick");

async function use(event) {
  return { name: get(event, "user.email", "none"), kept: pick({ a: 1, b: 2 }, "b"), chunks: chunk([1, 2, 3], 2) };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
