const qs = require("qs");

async function use(event) {
  return {
    parsed: qs.parse("a[b][c]=1&list[]=x&list[]=y&empty="),
    text: qs.stringify({ a: { b: [1, 2] }, date: new Date(0) }, { encode: false, arrayFormat: "brackets" }),
  };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
