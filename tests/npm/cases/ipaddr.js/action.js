const ipaddr = require("ipaddr.js");

async function use(event) {
  const address = ipaddr.parse(event.request.ip);
  return {
    kind: address.kind(),
    inside: ipaddr.parse("10.1.2.3").match(ipaddr.parseCIDR("10.0.0.0/8")),
    range: ipaddr.parse("192.168.0.1").range(),
    mapped: ipaddr.process("::ffff:192.0.2.1").toString(),
    subnet: ipaddr.subnetMatch(ipaddr.parse("203.0.113.9"), { office: [ipaddr.parseCIDR("203.0.113.0/24")] }, "elsewhere"),
  };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
