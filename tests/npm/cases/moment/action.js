const moment = require("moment");

async function use(event) {
  const born = moment.utc("2001-02-03T04:05:06Z");
  return { day: born.format("dddd, Do MMMM YYYY"), month: born.clone().endOf("month").toISOString(), ago: born.from(moment.utc("2001-02-05")), span: moment.duration(90, "minutes").humanize() };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
