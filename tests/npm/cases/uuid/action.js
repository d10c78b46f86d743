const { v3, v4, v5, v7, validate, version, NIL } = require("uuid");

async function use(event) {
  const random = v4();
  return { named: v5("acme.example", v5.DNS), hashed: v3("acme.example", v3.DNS), random: [validate(random), version(random)], time: version(v7()), nil: NIL };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
