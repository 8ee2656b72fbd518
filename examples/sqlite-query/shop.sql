-- What shop.db was made of: sqlite3 shop.db < shop.sql
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (customer INTEGER NOT NULL REFERENCES customers, day TEXT NOT NULL, pieces INTEGER NOT NULL, price REAL NOT NULL);
INSERT INTO customers VALUES (1, 'Lamp & Co'), (2, 'Harbour Café'), (3, 'Old Mill'), (4, 'North School');
INSERT INTO orders VALUES
  (1, '2025-12-30', 40, 10.0), (1, '2026-01-03', 2, 19.5), (2, '2026-01-04', 12, 3.25), (2, '2026-02-11', 30, 3.25),
  (3, '2026-02-12', 1, 480.0), (4, '2026-03-01', 25, 7.5), (4, '2026-03-02', 5, 7.5), (1, '2026-03-09', 1, 19.5);
