import { describe, expect, it } from 'vitest'
import { parseSmtpUrl } from '../../../src/mail/smtp-server.ts'

describe('parseSmtpUrl', () => {
  it.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, secure: false, requireTLS: false, auth: null }],
    ['smtp://mail.example.com:25', { port: 25, secure: false, requireTLS: false }],
    ['smtps://mail.example.com', { port: 465, secure: true, requireTLS: false }],
    ['smtp://[::1]:1025', { host: '::1', port: 1025 }],
    ['smtp://u:p@mail.example.com', { requireTLS: true, auth: { user: 'u', pass: 'p' } }],
    ['smtps://u:p@mail.example.com', { secure: true, requireTLS: false, auth: { user: 'u', pass: 'p' } }],
    ['smtp://u:p@localhost:1025', { requireTLS: false }],
    ['smtp://u:p@127.0.0.1:1025', { requireTLS: false }],
    ['smtp://u:p@mailpit:1025', { requireTLS: true }],
    ['smtp://u:p@mailpit:1025?requireTLS=false', { requireTLS: false }],
    ['smtp://mail.example.com?requireTLS=true', { requireTLS: true }],
    ['smtp://u%40e.com:%3A%2F%25@mail.example.com', { auth: { user: 'u@e.com', pass: ':/%' } }],
    ['smtp://u@mail.example.com', { auth: { user: 'u', pass: '' } }],
  ])('reads %s', (text, expected) => {
    expect(parseSmtpUrl(text)).toMatchObject(expected)
  })

  it.each([
    'mail.example.com',
    'http://mail.example.com',
    'smtp://',
    'smtp://u:hunter2%@mail.example.com',
    'smtp://u:hunter2@mail.example.com?requireTLS=yes',
    'smtp://u:hunter2@mail.example.com?rejectUnauthorized=false',
    'smtp://u:hunter2@mail.example.com?requireTLS=true&requireTLS=false',
  ])('refuses %s, without saying any of it', (text) => {
    let message = ''
    try {
      parseSmtpUrl(text)
    } catch (error) {
      message = error instanceof TypeError ? error.message : ''
    }
    expect(message).toMatch(/^SMTP_URL /)
    expect(message).not.toMatch(/hunter2|example\.com/)
  })
})
