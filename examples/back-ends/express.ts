import express, { type RequestHandler } from 'express'
import { bearerOf, verifyToken } from './verify-token.ts'

const requireUser: RequestHandler = async (request, response, next) => {
  const claims = await verifyToken(bearerOf(request.headers.authorization)).catch(() => null)
  if (claims?.sub === undefined) return void response.status(401).json({ error: 'sign in first' })
  response.locals['userId'] = claims.sub
  next()
}

const app = express()
app.get('/me', requireUser, (_request, response) => void response.json({ user: response.locals['userId'] }))

app.listen(Number(process.env['PORT'] ?? 3001))
