function(ctx) {
  user: ctx.identity.id,
  email: ctx.identity.traits.email,
  plan: if std.objectHas(ctx.identity, 'metadata_public') && ctx.identity.metadata_public != null
        then std.get(ctx.identity.metadata_public, 'plan', null)
        else null,
  flow: ctx.flow.id,
}
