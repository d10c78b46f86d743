const { default: fetch } = require("node-fetch");

async function use(event) {
  const response = await fetch("https://api.example/users/1", { headers: { accept: "application/json" } });
  const user = await response.json();
  const posted = await fetch("https://api.example/users", { method: "POST", body: JSON.stringify({ a: 1 }) });
  return { name: user.name, type: response.headers.get("content-type"), status: posted.status, text: await posted.text() };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
