const { AwsClient } = require("aws4fetch");

async function use(event) {
  const aws = new AwsClient({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", service: "lambda", region: "eu-central-1" });
  const signed = await aws.sign("https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/f/invocations", { method: "POST", body: "{}", aws: { datetime: "20240101T000000Z" } });
  const response = await aws.fetch("https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/f/invocations", { method: "POST", body: "{}" });
  return { authorization: signed.headers.get("authorization"), answer: await response.json() };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
