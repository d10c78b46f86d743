const { z } = require("zod");

async function use(event) {
  const Profile = z.object({ email: z.email(), age: z.coerce.number().int().min(18), tags: z.array(z.string()).default([]) });
  const good = Profile.parse({ email: event.user.email, age: "42" });
  const bad = Profile.safeParse({ email: "nobody", age: 3 });
  return { age: good.age, tags: good.tags, issues: bad.error.issues.map((issue) => [issue.code, issue.path.join(".")]) };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};
