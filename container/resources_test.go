package container

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/cgroups"
	devices "github.com/opencontainers/cgroups/devices/config"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runc/types"
	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestResourceChange(t *testing.T) {
	old := &cgroups.Resources{
		Memory: 1000, MemorySwap: 2000, MemoryReservation: 500, CpuShares: 512, CpuWeight: 20, CpuQuota: 5000, CpuPeriod: 10000,
		CpusetCpus: "0", PidsLimit: new(int64(7)), Freezer: cgroups.Frozen,
		BlkioWeightDevice: []*cgroups.WeightDevice{cgroups.NewWeightDevice(8, 0, 100, 200)},
	}
	for name, tc := range map[string]struct{ resources, want string }{
		"nothing":                 {`{}`, `{}`},
		"memory keeps swap":       {`{"memory": {"limit": 1500}}`, `{"memory": 1500, "memory_swap": 2000}`},
		"swap keeps memory":       {`{"memory": {"swap": 3000}}`, `{"memory": 1000, "memory_swap": 3000}`},
		"no memory limit":         {`{"memory": {"limit": -1}}`, `{"memory": -1}`},
		"reservation alone":       {`{"memory": {"reservation": 7}}`, `{"memory_reservation": 7}`},
		"quota keeps period":      {`{"cpu": {"quota": 100}}`, `{"cpu_quota": 100, "cpu_period": 10000}`},
		"period keeps quota":      {`{"cpu": {"period": 100}}`, `{"cpu_quota": 5000, "cpu_period": 100}`},
		"quota 0 is not set":      {`{"cpu": {"quota": 0, "period": 0}}`, `{}`},
		"shares have a weight":    {`{"cpu": {"shares": 1024}}`, `{"cpu_shares": 1024, "cpu_weight": 100}`},
		"burst 0 is written":      {`{"cpu": {"burst": 0}}`, `{"cpu_burst": 0}`},
		"idle":                    {`{"cpu": {"idle": 1}}`, `{"cpu_idle": 1}`},
		"cpuset":                  {`{"cpu": {"cpus": "1"}}`, `{"cpuset_cpus": "1"}`},
		"pids":                    {`{"pids": {"limit": -1}}`, `{"pids_limit": -1}`},
		"weight of a device":      {`{"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 50}]}}`, `{"blkio_weight_device": [{"major": 8, "minor": 0, "weight": 50, "leafWeight": 200}]}`},
		"rate":                    {`{"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 9}]}}`, `{"blkio_throttle_read_bps_device": [{"major": 8, "minor": 0, "rate": 9}]}`},
		"huge pages":              {`{"hugepageLimits": [{"pageSize": "2MB", "limit": 4}]}`, `{"hugetlb_limit": [{"page_size": "2MB", "limit": 4}]}`},
		"network":                 {`{"network": {"classID": 5, "priorities": [{"name": "eth0", "priority": 3}]}}`, `{"net_cls_classid_u": 5, "net_prio_ifpriomap": [{"interface": "eth0", "priority": 3}]}`},
		"check before the update": {`{"memory": {"limit": 1, "checkBeforeUpdate": true}}`, `{"memory": 1, "memory_swap": 2000, "memory_check_before_update": true}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := resourceChange(parseResources(t, tc.resources), old, false)
			if err != nil {
				t.Fatal(err)
			}
			if !got.SkipDevices {
				t.Error("devices are written")
			}
			if !reflect.DeepEqual(generic(t, got), generic(t, json.RawMessage(tc.want))) {
				t.Errorf("got  %v\nwant %v", generic(t, got), tc.want)
			}
		})
	}
}

func TestResourceChangeRefuses(t *testing.T) {
	old := &cgroups.Resources{OomKillDisable: true, MemorySwappiness: new(uint64(10)), NetClsClassid: 3}
	for _, tc := range []struct {
		v2        bool
		resources string
		refused   string // "" if it is fine, since it changes nothing
	}{
		{false, `{"memory": {"disableOOMKiller": true, "swappiness": 20}}`, ""},
		{false, `{"memory": {"disableOOMKiller": false}}`, "memory.disableOOMKiller"},
		{true, `{"memory": {"swappiness": 20}}`, "memory.swappiness"},
		{true, `{"memory": {"swappiness": 10}}`, ""},
		{true, `{"network": {"classID": 3}}`, ""},
		{true, `{"network": {"classID": 4}}`, "network"},
		{true, `{"network": {"classID": 3, "priorities": [{"name": "lo", "priority": 1}]}}`, "network"},
		{true, `{"cpu": {"realtimeRuntime": 5}}`, "cpu.realtimeRuntime"},
		{false, `{"cpu": {"realtimeRuntime": 5}}`, ""},
		{true, `{"unified": {"memory.high": "5"}}`, ""},
		{false, `{"unified": {"memory.high": "5"}}`, "unified"},
		{false, `{"devices": [{"allow": true, "type": "x"}]}`, "devices[0].type"},
	} {
		_, err := resourceChange(parseResources(t, tc.resources), old, tc.v2)
		if (err == nil) != (tc.refused == "") || err != nil && !strings.HasPrefix(err.Error(), tc.refused+": ") {
			t.Errorf("%s, v2 %v: %v", tc.resources, tc.v2, err)
		}
	}
}

func TestDeviceChange(t *testing.T) {
	deny := &devices.Rule{Type: devices.WildcardDevice, Major: -1, Minor: -1, Permissions: "rwm"}
	old := &cgroups.Resources{Devices: []*devices.Rule{deny}}
	for _, d := range specconv.AllowedDevices {
		rule := d.Rule
		old.Devices = append(old.Devices, &rule)
	}
	same, err := resourceChange(parseResources(t, `{"devices": [{"allow": false, "access": "rwm"}]}`), old, false)
	if err != nil || !same.SkipDevices || same.Devices != nil {
		t.Errorf("the same rules are a change: %+v, %v", same, err)
	}
	more, err := resourceChange(parseResources(t, `{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "access": "r"}]}`), old, false)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]*devices.Rule{deny, {Type: devices.CharDevice, Major: 10, Minor: -1, Permissions: "r", Allow: true}}, old.Devices[1:]...)
	if more.SkipDevices || !reflect.DeepEqual(more.Devices, want) {
		t.Errorf("got %+v", more.Devices)
	}
}

func TestMergeResources(t *testing.T) {
	old := &cgroups.Resources{
		Memory: 1000, MemorySwap: 2000, CpuShares: 512, CpuWeight: 20, CpusetCpus: "0", Unified: map[string]string{"a.b": "1", "c.d": "2"},
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{cgroups.NewThrottleDevice(8, 0, 1), cgroups.NewThrottleDevice(8, 1, 2)},
	}
	change := &cgroups.Resources{
		Memory: -1, CPUIdle: new(int64(1)), Unified: map[string]string{"a.b": "3"}, SkipDevices: true,
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{cgroups.NewThrottleDevice(8, 1, 5), cgroups.NewThrottleDevice(9, 0, 6)},
	}
	want := &cgroups.Resources{
		Memory: -1, CpusetCpus: "0", CPUIdle: new(int64(1)), Unified: map[string]string{"a.b": "3", "c.d": "2"}, SkipDevices: true,
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{
			cgroups.NewThrottleDevice(8, 0, 1), cgroups.NewThrottleDevice(8, 1, 5), cgroups.NewThrottleDevice(9, 0, 6),
		},
	}
	if got := mergeResources(old, change); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", generic(t, got), generic(t, want))
	}
	if old.Memory != 1000 || old.Unified["a.b"] != "1" || old.BlkioThrottleReadBpsDevice[1].Rate != 2 {
		t.Error("the old resources were edited")
	}
}

// noFiles is a cgroup without a directory.
type noFiles struct{ cgroups.Manager }

func (noFiles) Path(string) string { return "" }

func TestResourceUndo(t *testing.T) {
	old := &cgroups.Resources{
		Memory: 1000, PidsLimit: new(int64(7)), CpuQuota: 5000, CpuPeriod: 10000,
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{cgroups.NewThrottleDevice(8, 0, 1)},
	}
	change := &cgroups.Resources{
		Memory: 500, MemorySwap: 800, CpuShares: 2, CpuWeight: 1, CpuQuota: 9, CpuPeriod: 10000, SkipDevices: true,
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{cgroups.NewThrottleDevice(8, 0, 3), cgroups.NewThrottleDevice(9, 0, 4)},
	}
	want := &cgroups.Resources{
		Memory: 1000, MemorySwap: -1, CpuShares: 1024, CpuWeight: 100, CpuQuota: 5000, CpuPeriod: 10000, SkipDevices: true,
		BlkioThrottleReadBpsDevice: []*cgroups.ThrottleDevice{cgroups.NewThrottleDevice(8, 0, 1), cgroups.NewThrottleDevice(9, 0, 0)},
	}
	if got := resourceUndo(change, old, noFiles{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", generic(t, got), generic(t, want))
	}
}

// What we print must be what readers of runc's JSON understand, whole and under the same names.
func TestStatsAreRuncs(t *testing.T) {
	psi := &cgroups.PSIStats{Some: cgroups.PSIData{Avg10: 1, Total: 2}}
	entries := []cgroups.BlkioStatEntry{{Major: 8, Minor: 1, Op: "Read", Value: 5}}
	from := &cgroups.Stats{
		CpuStats: cgroups.CpuStats{
			CpuUsage: cgroups.CpuUsage{
				TotalUsage: 1, PercpuUsage: []uint64{2}, PercpuUsageInKernelmode: []uint64{3}, PercpuUsageInUsermode: []uint64{4},
				UsageInKernelmode: 5, UsageInUsermode: 6,
			},
			ThrottlingData: cgroups.ThrottlingData{Periods: 7, ThrottledPeriods: 8, ThrottledTime: 9},
			PSI:            psi,
		},
		CPUSetStats: cgroups.CPUSetStats{CPUs: []uint16{0, 1}, SchedRelaxDomainLevel: -1},
		MemoryStats: cgroups.MemoryStats{
			Cache: 10, Usage: cgroups.MemoryData{Usage: 11, MaxUsage: 12, Failcnt: 13, Limit: 14}, SwapUsage: cgroups.MemoryData{Usage: 15},
			KernelUsage: cgroups.MemoryData{Usage: 16}, KernelTCPUsage: cgroups.MemoryData{Usage: 17}, Stats: map[string]uint64{"rss": 18}, PSI: psi,
		},
		PidsStats: cgroups.PidsStats{Current: 19, Limit: 20},
		BlkioStats: cgroups.BlkioStats{
			IoServiceBytesRecursive: entries, IoServicedRecursive: entries, IoQueuedRecursive: entries, IoServiceTimeRecursive: entries,
			IoWaitTimeRecursive: entries, IoMergedRecursive: entries, IoTimeRecursive: entries, SectorsRecursive: entries, PSI: psi,
		},
		HugetlbStats: map[string]cgroups.HugetlbStats{"2MB": {Usage: 21, MaxUsage: 22, Failcnt: 23}},
	}
	ours := cgroupStats(from)
	ours.Interfaces = []NetworkInterface{{Name: "eth0", RxBytes: 24, TxDropped: 25}}
	data, err := json.Marshal(ours)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var theirs types.Stats
	if err := dec.Decode(&theirs); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if !reflect.DeepEqual(generic(t, ours), generic(t, theirs)) {
		t.Errorf("ours   %v\ntheirs %v", generic(t, ours), generic(t, theirs))
	}
	if theirs.Memory.KernelTCP.Usage != 17 || theirs.Blkio.SectorsRecursive[0].Value != 5 || theirs.Hugetlb["2MB"].Max != 22 || theirs.NetworkInterfaces[0].TxDropped != 25 {
		t.Errorf("got %+v", theirs)
	}
}

func TestParseInterfaces(t *testing.T) {
	table := `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:     1       2    3    4    5     6          7         8      9       10    11    12    13     14       15          16
`
	want := []NetworkInterface{{Name: "eth0", RxBytes: 1, RxPackets: 2, RxErrors: 3, RxDropped: 4, TxBytes: 9, TxPackets: 10, TxErrors: 11, TxDropped: 12}}
	if got := parseInterfaces(table); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := parseInterfaces("garbage: 1\n:\n"); got != nil {
		t.Errorf("got %+v", got)
	}
}

func parseResources(t *testing.T, s string) *specs.LinuxResources {
	t.Helper()
	r := &specs.LinuxResources{}
	if err := json.Unmarshal([]byte(s), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// generic is v as JSON has it.
func generic(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var g any
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}
