import { html } from 'hono/html'
import type { Order } from './orders.ts'
import { PRODUCTS } from './products.ts'

type Html = ReturnType<typeof html>

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
ul{list-style:none;padding:0}li{display:flex;gap:1rem;align-items:center;padding:.75rem 0;border-bottom:1px solid #8884}
li>:first-child{flex:1}button{font:inherit;padding:.5rem 1rem}table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .4rem .4rem 0}`

const layout = (title: string, content: Html, refresh = false) => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
${refresh ? html`<meta http-equiv="refresh" content="3">` : ''}<title>${title}</title><style>${STYLE}</style></head>
<body><nav><a href="/">Shop</a> · <a href="/orders">Orders</a></nav><h1>${title}</h1>${content}</body></html>`

const STATUS: Readonly<Record<Order['status'], string>> = {
  open: 'waiting for the payment',
  paid: 'paid',
  failed: 'not paid',
}

const nameOf = ({ product }: Order): string => PRODUCTS.find(({ id }) => id === product)?.name ?? product

export const shopPage = () =>
  layout(
    'A small shop',
    html`<ul>${PRODUCTS.map(
      ({ id, name, amount, currency }) => html`<li><span>${name}</span><span>${amount} ${currency}</span>
<form method="post" action="/buy"><button name="product" value="${id}">Buy</button></form></li>`,
    )}</ul><p>Pay with 0763 456 789; with 0763 456 039 the customer does not approve.</p>`,
  )

export const orderPage = (order: Order) =>
  layout(
    `Order ${order.id}`,
    html`<p>${nameOf(order)}, ${order.amount} ${order.currency}: <strong>${STATUS[order.status]}</strong>.</p>
${order.status === 'paid' ? html`<p>Parcels packed: ${order.parcels}.</p>` : ''}${
  order.status !== 'paid' && order.checkoutUrl !== null ? html`<p><a href="${order.checkoutUrl}">Pay</a></p>` : ''
}`,
    order.status === 'open',
  )

export const ordersPage = (orders: readonly Order[]) =>
  layout(
    'Orders',
    html`<table><thead><tr><th>Order</th><th>Product</th><th>Amount</th><th>Status</th><th>Parcels</th></tr></thead><tbody>${orders.map(
      (order) => html`<tr><td><a href="/orders/${order.id}">${order.id}</a></td><td>${nameOf(order)}</td>
<td>${order.amount} ${order.currency}</td><td>${STATUS[order.status]}</td><td>${order.parcels}</td></tr>`,
    )}</tbody></table>`,
  )

export const sorryPage = (what: string) => layout('Sorry', html`<p>${what}</p>`)
