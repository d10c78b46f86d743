const axios = require("axios");

async function use(event) {
  const http = axios.create({ baseURL: "https://crm.example/", timeout: 5000, headers: { authorization: "Bearer t" } });
  const found = await http.get("customers", { params: { email: event.user.email, tag: ["a", "b"] } });
  const created = await http.post("notes", { text: "logged in" });
  const missing = await http.get("missing").catch((error) => [error.code, error.response.status, error.message]);
  const form = await axios.post("https://form.example/", new URLSearchParams({ a: "1 2" }));
  return { name: found.data.name, id: created.data.id, status: created.status, missing, form: form.data, isError: axios.isAxiosError(new Error()) };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
