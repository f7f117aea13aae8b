import { bearerOf, verifyToken } from '../../../verify-token.ts'

/** A route handler of the App Router: `GET /me`. */
export async function GET(request: Request): Promise<Response> {
  const claims = await verifyToken(bearerOf(request.headers.get('authorization'))).catch(() => null)
  if (claims?.sub === undefined) return Response.json({ error: 'sign in first' }, { status: 401 })
  return Response.json({ user: claims.sub })
}
