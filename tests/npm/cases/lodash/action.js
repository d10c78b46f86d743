const _ = require("lodash");

async function use(event) {
  const users = [{ name: "Ada", team: { id: 1 } }, { name: "Ben", team: { id: 2 } }, { name: "Cleo", team: { id: 1 } }];
  return {
    groups: _.mapValues(_.groupBy(users, "team.id"), (group) => _.map(group, "name")),
    merged: _.merge({}, { a: { b: 1 } }, { a: { c: [2] } }),
    escaped: _.escape("A&B"),
    // A template becomes code, which actions cannot make at run time.
    template: _.attempt(() => _.template("Hello <%- name %>!")({ name: "A&B" })).message,
    kebab: _.kebabCase("someThing Else"),
    equal: _.isEqual({ a: [1, { b: new Date(0) }] }, { a: [1, { b: new Date(0) }] }),
    picked: _.pick(event.user, ["email"]),
  };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
