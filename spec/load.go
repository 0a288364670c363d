// Package spec reads config.json: JSON → *specs.Spec → *configs.Config.
//
// It is pure: no change of directory, no exit, no logging of its own. What it refuses it names by its JSON path.
package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

// maxSize bounds what is read into memory. The largest configurations in use are a few hundred KiB.
const maxSize = 16 << 20

// Load reads a config.json. Fields that nobody knows are fine, as the specification asks; it does not validate.
func Load(path string) (*specs.Spec, error) { return LoadFile[specs.Spec](path) }

// LoadProcess reads the process that exec --process names.
func LoadProcess(path string) (*specs.Process, error) { return LoadFile[specs.Process](path) }

// LoadFile reads the JSON document in the regular file path.
func LoadFile[T any](path string) (*T, error) {
	// Without O_NONBLOCK a FIFO would hold us until somebody writes to it.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, fault.New(path, bareErrno(err), "")
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fault.New(path, bareErrno(err), "")
	}
	if !st.Mode().IsRegular() {
		return nil, fault.Newf(path, "is %s, not a regular file", kindOfFile(st.Mode()))
	}
	if st.Size() > maxSize {
		return nil, tooLarge(path, strconv.FormatInt(st.Size(), 10))
	}
	return Read[T](path, f)
}

// Read reads a JSON document from r; name is what errors call it.
func Read[T any](name string, r io.Reader) (*T, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, fault.New(name, bareErrno(err), "")
	}
	if len(data) > maxSize {
		return nil, tooLarge(name, "more")
	}
	return decode[T](name, data)
}

func decode[T any](name string, data []byte) (*T, error) {
	if !utf8.Valid(data) {
		return nil, fault.Newf(name, "invalid UTF-8 at byte %d", invalidUTF8(data))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fault.Newf(name, "is empty")
	}
	var v *T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, explain(name, data, err)
	}
	if v == nil {
		return nil, fault.Newf(name, "is null")
	}
	return v, nil
}

// explain turns a decoding error, which knows only an offset, into one that names the place.
func explain(name string, data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return &fault.Error{
			Object: pathAt(data, kind.Offset),
			Err:    fmt.Errorf("expected %s, got %s", describe(kind.Type), kind.Value),
			Hint:   fmt.Sprintf("%s line %d", name, line(data, kind.Offset)),
		}
	case isTruncated(data):
		return fault.Newf(name, "is truncated: the JSON is not complete after %d bytes", len(data))
	case errors.As(err, &syntax):
		return fault.Newf(name, "line %d: %w", line(data, syntax.Offset), err)
	}
	return fault.New(name, err, "")
}

// isTruncated asks a decoder: it tells an early end from other errors, Unmarshal does not.
func isTruncated(data []byte) bool {
	var v json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(data)).Decode(&v), io.ErrUnexpectedEOF)
}

// line is the number of the line that holds the byte before offset.
func line(data []byte, offset int64) int {
	end := max(min(int(offset)-1, len(data)), 0)
	return 1 + bytes.Count(data[:end], []byte("\n"))
}

// pathAt is the JSON path of the value whose first token ends at or after offset.
func pathAt(data []byte, offset int64) string {
	w := pathWalker{dec: json.NewDecoder(bytes.NewReader(data)), offset: offset}
	w.value()
	return w.path()
}

type pathWalker struct {
	dec    *json.Decoder
	offset int64
	keys   []string // of objects, or "[0]" for arrays
}

// value walks over the next value and says whether the one that was looked for lies in it; then keys lead there.
func (w *pathWalker) value() bool {
	tok, err := w.dec.Token()
	if err != nil || w.dec.InputOffset() >= w.offset {
		return true
	}
	switch tok {
	case json.Delim('{'):
		return w.elements(func(int) string {
			key, _ := w.dec.Token()
			return fmt.Sprint(key)
		})
	case json.Delim('['):
		return w.elements(func(i int) string { return "[" + strconv.Itoa(i) + "]" })
	}
	return false
}

func (w *pathWalker) elements(key func(i int) string) bool {
	for i := 0; w.dec.More(); i++ {
		w.keys = append(w.keys, key(i))
		if w.value() {
			return true
		}
		w.keys = w.keys[:len(w.keys)-1]
	}
	_, err := w.dec.Token()
	return err != nil
}

func (w *pathWalker) path() string {
	var path string
	for _, key := range w.keys {
		path = member(path, key)
	}
	return path
}

// member appends a key to a JSON path: a.b, a[0], a["x.y"].
func member(path, key string) string {
	switch {
	case strings.HasPrefix(key, "["):
		return path + key
	case strings.ContainsAny(key, ". []\"") || key == "":
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// describe says what kind of JSON value a Go type takes.
func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("integer from 0 to %d", uint64(1)<<t.Bits()-1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("integer from %d to %d", int64(-1)<<(t.Bits()-1), uint64(1)<<(t.Bits()-1)-1)
	}
	return "number"
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

func tooLarge(name, size string) error {
	return fault.Newf(name, "is too large: %s bytes, the most that is read is %d (16 MiB)", size, maxSize)
}

// bareErrno drops the path that an *os.PathError repeats: the fault names it already.
func bareErrno(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func kindOfFile(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&os.ModeNamedPipe != 0:
		return "a FIFO"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
