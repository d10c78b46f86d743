const dayjs = require("dayjs");
const relativeTime = require("dayjs/plugin/relativeTime");
const utc = require("dayjs/plugin/utc");

async function use(event) {
  dayjs.extend(utc);
  dayjs.extend(relativeTime);
  const born = dayjs.utc("2001-02-03T04:05:06Z");
  return { day: born.format("dddd, D MMMM YYYY HH:mm"), later: born.add(1, "month").toISOString(), old: dayjs.utc("2024-02-03").diff(born, "year"), ago: born.from(dayjs.utc("2001-02-05")) };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
