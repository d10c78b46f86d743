function(ctx)
  if ctx.flow.type == 'api' then error 'cancel' else {
    flow: ctx.flow.id,
    headers: ctx.request_headers,
    cookies: ctx.request_cookies,
    keys: std.objectFields(ctx),
  }
