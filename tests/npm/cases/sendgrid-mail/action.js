const mail = require("@sendgrid/mail");

async function use(event) {
  mail.setApiKey("SG.key");
  const [response] = await mail.send({ to: event.user.email, from: "login@acme.example", subject: "Hello", text: "A new login" });
  const refused = await mail.send({ to: "x@acme.example", from: "a@acme.example", subject: "s", text: "t" }).catch((error) => [error.code, error.message]);
  return { status: response.statusCode, refused };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
