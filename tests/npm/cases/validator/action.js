const validator = require("validator");

async function use(event) {
  return {
    email: [validator.isEmail(event.user.email), validator.isEmail("no@")],
    iban: validator.isIBAN("DE89370400440532013000"),
    phone: validator.isMobilePhone("+491701234567", "de-DE"),
    normal: validator.normalizeEmail("A.D.A+x@GMAIL.com"),
    escaped: validator.escape("<a>"),
  };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
