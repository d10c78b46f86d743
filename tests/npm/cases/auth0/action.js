const { ManagementClient } = require("auth0");

async function use(event) {
  const management = new ManagementClient({ domain: "acme.eu.auth0.example", clientId: "id", clientSecret: "secret" });
  const user = await management.users.get("auth0|1");
  const roles = await management.users.roles.list("auth0|1");
  return { email: (user.data ?? user).email, roles: (roles.data ?? roles).map((role) => role.name) };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
