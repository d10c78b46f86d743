const bcrypt = require("bcryptjs");

async function use(event) {
  const known = "$2b$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
  const hash = await bcrypt.hash("correct horse", 4);
  return {
    length: hash.length,
    right: await bcrypt.compare("correct horse", hash),
    wrong: bcrypt.compareSync("battery", hash),
    rounds: bcrypt.getRounds(known),
    salted: bcrypt.hashSync("correct horse", "$2b$04$abcdefghijklmnopqrstuu"),
  };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
