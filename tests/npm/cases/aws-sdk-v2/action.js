const STS = require("aws-sdk/clients/sts");

async function use(event) {
  const sts = new STS({ region: "eu-central-1", accessKeyId: "AKID", secretAccessKey: "secret" });
  const answer = await sts.assumeRole({ RoleArn: "arn:aws:iam::1:role/r", RoleSessionName: "login" }).promise();
  return { key: answer.Credentials.AccessKeyId };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
