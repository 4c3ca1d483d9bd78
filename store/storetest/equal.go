package storetest

import (
	"fmt"
	"reflect"
	"time"
)

// equal compares values as reflect.DeepEqual does, but times as moments: the
// zone and the monotonic clock are not kept.
func equal[T any](a, b T) bool {
	return fmt.Sprintf("%#v", moments(reflect.ValueOf(a))) == fmt.Sprintf("%#v", moments(reflect.ValueOf(b)))
}

var timeType = reflect.TypeFor[time.Time]()

// moments is v with every time as nanoseconds, in maps and slices, whose %#v is
// the same for equal values. Empty and nil slices and maps are the same.
func moments(v reflect.Value) any {
	if v.Type() == timeType {
		t := v.Interface().(time.Time)
		if t.IsZero() {
			return "never"
		}
		return t.UnixNano()
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			fields[v.Type().Field(i).Name] = moments(v.Field(i))
		}
		return fields
	case reflect.Slice, reflect.Array:
		items := []any{}
		for i := range v.Len() {
			items = append(items, moments(v.Index(i)))
		}
		return items
	case reflect.Map:
		items := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			items[fmt.Sprint(it.Key())] = moments(it.Value())
		}
		return items
	}
	return v.Interface()
}
