// POST /orders as a team would write it with net/http and pgx: the same checks, the same rows.
package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type item struct {
	Sku      string `json:"sku"`
	Quantity int    `json:"quantity"`
}
type newOrder struct {
	Items        []item `json:"items"`
	Currency     string `json:"currency"`
	PaymentToken string `json:"paymentToken"`
}
type priced struct {
	Sku        string `json:"sku"`
	Quantity   int    `json:"quantity"`
	UnitAmount int64  `json:"unitAmount"`
}
type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}
type placedOrder struct {
	ID        uuid.UUID `json:"id"`
	Status    string    `json:"status"`
	Total     money     `json:"total"`
	CreatedAt time.Time `json:"createdAt"`
}
type product struct {
	amount   int64
	currency string
}

var (
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	tokenPattern    = regexp.MustCompile(`^tok_\w{1,60}$`)
)

type server struct {
	pool   *pgxpool.Pool
	keys   map[string]ed25519.PublicKey
	parser *jwt.Parser
	lock   sync.Mutex
	known  map[string]product
	readAt time.Time
}

func (s *server) products(ctx context.Context) (map[string]product, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if time.Since(s.readAt) < 10*time.Second {
		return s.known, nil
	}
	rows, err := s.pool.Query(ctx, "select sku, amount, currency from orders.products")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[string]product{}
	for rows.Next() {
		var sku string
		var p product
		if err := rows.Scan(&sku, &p.amount, &p.currency); err != nil {
			return nil, err
		}
		known[sku] = p
	}
	s.known, s.readAt = known, time.Now()
	return known, rows.Err()
}

func (s *server) userOf(header string) (string, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return "", errors.New("no bearer")
	}
	claims := jwt.RegisteredClaims{}
	_, err := s.parser.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if key, ok := s.keys[kid]; ok {
			return key, nil
		}
		return nil, errors.New("unknown key")
	})
	if err == nil && claims.Subject == "" {
		err = errors.New("no subject")
	}
	return claims.Subject, err
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"title": code, "status": status, "detail": detail, "code": code})
}

func valid(o newOrder) bool {
	if len(o.Items) < 1 || len(o.Items) > 100 || !currencyPattern.MatchString(o.Currency) || !tokenPattern.MatchString(o.PaymentToken) {
		return false
	}
	for _, i := range o.Items {
		if len(i.Sku) < 1 || len(i.Sku) > 64 || i.Quantity < 1 || i.Quantity > 1000 {
			return false
		}
	}
	return true
}

func (s *server) place(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	userID, err := s.userOf(r.Header.Get("Authorization"))
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, 401, "unauthenticated", "The token is not valid here.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		refuse(w, 413, "too-large", "The body is larger than 1 MiB.")
		return
	}
	var order newOrder
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	key := r.Header.Get("Idempotency-Key")
	if err := decoder.Decode(&order); err != nil || len(key) < 1 || len(key) > 255 || !valid(order) {
		refuse(w, 422, "invalid", "The request does not match its schema.")
		return
	}
	known, err := s.products(ctx)
	if err != nil {
		refuse(w, 500, "internal", "Something failed here.")
		return
	}
	total := money{Currency: order.Currency}
	items := make([]priced, len(order.Items))
	for n, i := range order.Items {
		p, ok := known[i.Sku]
		if !ok || p.currency != order.Currency {
			refuse(w, 422, "invalid", i.Sku+" cannot be had")
			return
		}
		items[n] = priced{i.Sku, i.Quantity, p.amount}
		total.Amount += int64(i.Quantity) * p.amount
	}
	normal, _ := json.Marshal(order)
	fingerprint := sha256.Sum256(normal)
	id := uuid.Must(uuid.NewV7())
	placed := placedOrder{ID: id, Status: "pending", Total: total}
	replayed, reused := false, false
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		claimed, err := tx.Exec(ctx, `insert into orders.idempotency_keys (user_id, key, fingerprint, order_id)
			values ($1, $2, $3, $4) on conflict do nothing`, userID, key, fingerprint[:], id)
		if err != nil {
			return err
		}
		if claimed.RowsAffected() == 0 {
			var was []byte
			replayed = true
			err := tx.QueryRow(ctx, `select fingerprint, id, amount, currency, created_at from orders.idempotency_keys k
				join orders.orders on id = k.order_id where k.user_id = $1 and k.key = $2`, userID, key).
				Scan(&was, &placed.ID, &placed.Total.Amount, &placed.Total.Currency, &placed.CreatedAt)
			reused = !bytes.Equal(was, fingerprint[:])
			return err
		}
		list, _ := json.Marshal(items)
		if err := tx.QueryRow(ctx, `insert into orders.orders (id, user_id, items, amount, currency)
			values ($1, $2, $3, $4, $5) returning created_at`, id, userID, list, total.Amount, total.Currency).
			Scan(&placed.CreatedAt); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into orders.history (order_id, status) values ($1, 'pending')`, id); err != nil {
			return err
		}
		eventID := uuid.Must(uuid.NewV7())
		event, _ := json.Marshal(map[string]any{
			"specversion": "1.0", "id": eventID, "source": "/orders", "type": "dev.kagari.order.placed.v1",
			"subject": id, "time": time.Now().UTC(), "datacontenttype": "application/json", "partitionkey": id,
			"data": map[string]any{"orderId": id, "userId": userID, "items": items, "total": total, "paymentToken": order.PaymentToken},
		})
		_, err = tx.Exec(ctx, `insert into events.outbox (id, event, subject, type, partition_key)
			values ($1, $2, $3, 'dev.kagari.order.placed.v1', $3)`, eventID, event, id.String())
		return err
	})
	if err != nil {
		refuse(w, 500, "internal", "Something failed here.")
		return
	}
	if reused {
		refuse(w, 422, "key-reused", "Another request had this key.")
		return
	}
	if replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	placed.CreatedAt = placed.CreatedAt.UTC()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "/orders/"+placed.ID.String())
	w.WriteHeader(201)
	json.NewEncoder(w).Encode(placed)
}

func main() {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(os.Getenv("JWKS_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	var set struct {
		Keys []struct{ Kid, X string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		log.Fatal(err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range set.Keys {
		raw, err := base64.RawURLEncoding.DecodeString(key.X)
		if err != nil {
			log.Fatal(err)
		}
		keys[key.Kid] = raw
	}
	s := &server{pool: pool, keys: keys, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithAudience("kagari"), jwt.WithIssuer("kagari/auth"), jwt.WithExpirationRequired())}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.place)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
