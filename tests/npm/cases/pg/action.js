const { Client } = require("pg");

async function use(event) {
  const client = new Client({ connectionString: "postgres://user:password@db.example:5432/users" });
  const failure = await client.connect().catch((error) => [error.code, error.message]);
  return { failure };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
