package control

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var described []byte

// description is the OpenAPI document of the API, as JSON.
var description = sync.OnceValues(func() ([]byte, error) {
	var v map[string]any
	if err := yaml.Unmarshal(described, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
})

func (a api) openapi(w http.ResponseWriter, _ *http.Request) {
	b, err := description()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(b)
}
