SELECT name, count(*) AS orders, sum(pieces * price) AS spent
FROM orders JOIN customers ON customers.id = orders.customer
WHERE day >= date('2026-01-01')
GROUP BY customers.id
ORDER BY spent DESC
LIMIT 3
