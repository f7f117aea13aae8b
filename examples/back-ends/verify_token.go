// Serves GET /me for whoever shows a WalletKit access token. Run it with: go run verify_token.go
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

var (
	gateway   = env("GATEWAY_URL", "http://localhost:8787")
	projectID = env("PROJECT_ID", "my-app")
)

type claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Expires  int64  `json:"exp"`
}

var errRefused = errors.New("no access token of this project")

// verifyToken returns the claims of an access token of this project; Subject is the user.
func verifyToken(token string) (claims, error) {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errRefused
	}
	var header struct{ Alg, Kid string }
	if !decode(parts[0], &header) || header.Alg != "ES256" || !decode(parts[1], &c) {
		return c, errRefused
	}
	key, err := keyOf(header.Kid)
	if err != nil {
		return c, err
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return c, errRefused
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) || c.Issuer != gateway+"/"+projectID || c.Audience != projectID ||
		c.Subject == "" || c.Expires <= time.Now().Unix() {
		return c, errRefused
	}
	return c, nil
}

var keys = struct {
	sync.Mutex
	byID    map[string]*ecdsa.PublicKey
	fetched time.Time
}{}

// keyOf keeps the keys, and fetches them again when a token names one that is not there, at most once in ten seconds.
func keyOf(kid string) (*ecdsa.PublicKey, error) {
	keys.Lock()
	defer keys.Unlock()
	if key, ok := keys.byID[kid]; ok {
		return key, nil
	}
	if time.Since(keys.fetched) < 10*time.Second {
		return nil, errRefused
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(gateway + "/users/jwks/" + projectID)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var set struct {
		Keys []struct{ Kid, Kty, Crv, X, Y string }
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return nil, err
	}
	keys.byID, keys.fetched = map[string]*ecdsa.PublicKey{}, time.Now()
	for _, k := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(k.X)
		y, errY := base64.RawURLEncoding.DecodeString(k.Y)
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if k.Kty == "EC" && k.Crv == "P-256" && errX == nil && errY == nil && key.IsOnCurve(key.X, key.Y) {
			keys.byID[k.Kid] = key
		}
	}
	if key, ok := keys.byID[kid]; ok {
		return key, nil
	}
	return nil, errRefused
}

func decode(part string, into any) bool {
	bytes, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(bytes, into) == nil
}

func me(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	w.Header().Set("Content-Type", "application/json")
	c, err := verifyToken(token)
	if !strings.EqualFold(scheme, "bearer") || errors.Is(err, errRefused) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"sign in first"}`)
		return
	}
	if err != nil { // The keys could not be fetched: nobody can say whether the token is good.
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"user": c.Subject})
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	http.HandleFunc("/me", me)
	fmt.Println(http.ListenAndServe("127.0.0.1:"+env("PORT", "3001"), nil))
}
