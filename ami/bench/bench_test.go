package bench

import "testing"

func TestSameEvents(t *testing.T)        { SameEvents(t, Contenders()) }
func BenchmarkParse(b *testing.B)        { Parse(b, Contenders()) }
func BenchmarkParseAndRead(b *testing.B) { ParseAndRead(b, Contenders()) }
func BenchmarkStream(b *testing.B)       { Stream(b, Contenders()) }
