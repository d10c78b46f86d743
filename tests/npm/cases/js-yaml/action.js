const yaml = require("js-yaml");

async function use(event) {
  const rules = yaml.load("allow:\n  - acme.example\n  - &b beta.example\ndefault: *b\nlimits: { logins: 5 }\n");
  const problem = (() => { try { yaml.load("a: [1"); } catch (error) { return error.name; } })();
  return { rules, text: yaml.dump({ a: [1, { b: "two: three" }] }), problem };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
