package config

import (
	"fmt"
	"reflect"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// newViper is a viper of its own for every Load, so that a reload cannot
// inherit a key that is gone. Environment variables are not bound: Unmarshal
// would see only some of them.
func newViper() *viper.Viper {
	return viper.NewWithOptions(viper.KeyDelimiter("::"))
}

// decode turns viper's values into the raw types without any of viper's
// conversions, each of which loses something: 0212345670 is octal, +82 loses
// its plus, 30 is 30 ns, a text is a list of one.
func decode(v *viper.Viper) (rawConfig, error) {
	var raw rawConfig
	err := v.UnmarshalExact(&raw, func(c *mapstructure.DecoderConfig) {
		c.WeaklyTypedInput = false
		c.DecodeHook = mapstructure.ComposeDecodeHookFunc(refuseNumberAsText, refuseBareDuration)
	})
	return raw, err
}

func refuseNumberAsText(from, to reflect.Type, data any) (any, error) {
	if to.Kind() != reflect.String {
		return data, nil
	}
	switch from.Kind() {
	case reflect.String, reflect.Pointer, reflect.Interface:
		return data, nil
	}
	return nil, fmt.Errorf("text is wanted, not %s: quote it", from)
}

func refuseBareDuration(from, to reflect.Type, data any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() {
		return data, nil
	}
	s, ok := data.(string)
	if !ok {
		return nil, fmt.Errorf("a duration is wanted, not %s: write it with a unit, such as 30s", from)
	}
	return parseDuration(s)
}
