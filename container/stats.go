package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/intelrdt"

	"github.com/huskrun/husk/internal/fault"
)

// Stats is what a container uses. Its JSON is that of runc's events verb, which containerd and others read; the units
// are bytes and, for CPU times, nanoseconds.
type Stats struct {
	CPU     CPUStats                `json:"cpu"`
	CPUSet  cgroups.CPUSetStats     `json:"cpuset"`
	Memory  MemoryStats             `json:"memory"`
	Pids    cgroups.PidsStats       `json:"pids"`
	Blkio   BlkioStats              `json:"blkio"`
	Hugetlb map[string]HugetlbStats `json:"hugetlb"`
	RDT     RDTStats                `json:"intel_rdt"`
	// Interfaces are those of the container's network namespace, without the loopback.
	Interfaces []NetworkInterface `json:"network_interfaces"`
}

// CPUStats are CPU times and how often a limit was hit.
type CPUStats struct {
	Usage      CPUUsage          `json:"usage,omitzero"`
	Throttling Throttling        `json:"throttling,omitzero"`
	PSI        *cgroups.PSIStats `json:"psi,omitempty"`
}

// CPUUsage is CPU time since the container's cgroup was made; the lists, of cgroup v1 only, are by CPU.
type CPUUsage struct {
	Total        uint64   `json:"total,omitempty"`
	Percpu       []uint64 `json:"percpu,omitempty"`
	PercpuKernel []uint64 `json:"percpu_kernel,omitempty"`
	PercpuUser   []uint64 `json:"percpu_user,omitempty"`
	Kernel       uint64   `json:"kernel"`
	User         uint64   `json:"user"`
}

// Throttling counts periods of the CPU limit.
type Throttling struct {
	Periods          uint64 `json:"periods,omitempty"`
	ThrottledPeriods uint64 `json:"throttledPeriods,omitempty"`
	ThrottledTime    uint64 `json:"throttledTime,omitempty"`
}

// MemoryStats are memory in use; Raw is the content of memory.stat.
type MemoryStats struct {
	Cache     uint64            `json:"cache,omitempty"`
	Usage     MemoryEntry       `json:"usage,omitzero"`
	Swap      MemoryEntry       `json:"swap,omitzero"`
	Kernel    MemoryEntry       `json:"kernel,omitzero"`
	KernelTCP MemoryEntry       `json:"kernelTCP,omitzero"`
	Raw       map[string]uint64 `json:"raw,omitempty"`
	PSI       *cgroups.PSIStats `json:"psi,omitempty"`
}

// MemoryEntry is one kind of memory; a limit of 2⁶⁴-1 is none.
type MemoryEntry struct {
	Limit   uint64 `json:"limit"`
	Usage   uint64 `json:"usage,omitempty"`
	Max     uint64 `json:"max,omitempty"`
	Failcnt uint64 `json:"failcnt"`
}

// BlkioStats are block I/O by device and operation.
type BlkioStats struct {
	IoServiceBytesRecursive []cgroups.BlkioStatEntry `json:"ioServiceBytesRecursive,omitempty"`
	IoServicedRecursive     []cgroups.BlkioStatEntry `json:"ioServicedRecursive,omitempty"`
	IoQueuedRecursive       []cgroups.BlkioStatEntry `json:"ioQueueRecursive,omitempty"`
	IoServiceTimeRecursive  []cgroups.BlkioStatEntry `json:"ioServiceTimeRecursive,omitempty"`
	IoWaitTimeRecursive     []cgroups.BlkioStatEntry `json:"ioWaitTimeRecursive,omitempty"`
	IoMergedRecursive       []cgroups.BlkioStatEntry `json:"ioMergedRecursive,omitempty"`
	IoTimeRecursive         []cgroups.BlkioStatEntry `json:"ioTimeRecursive,omitempty"`
	SectorsRecursive        []cgroups.BlkioStatEntry `json:"sectorsRecursive,omitempty"`
	PSI                     *cgroups.PSIStats        `json:"psi,omitempty"`
}

// HugetlbStats are huge pages of one size in use.
type HugetlbStats struct {
	Usage   uint64 `json:"usage,omitempty"`
	Max     uint64 `json:"max,omitempty"`
	Failcnt uint64 `json:"failcnt"`
}

// RDTStats are the schemata and counters of the container's resctrl group.
type RDTStats struct {
	L3CacheInfo       *intelrdt.L3CacheInfo        `json:"l3_cache_info,omitempty"`
	L3CacheSchemaRoot string                       `json:"l3_cache_schema_root,omitempty"`
	L3CacheSchema     string                       `json:"l3_cache_schema,omitempty"`
	MemBwInfo         *intelrdt.MemBwInfo          `json:"mem_bw_info,omitempty"`
	MemBwSchemaRoot   string                       `json:"mem_bw_schema_root,omitempty"`
	MemBwSchema       string                       `json:"mem_bw_schema,omitempty"`
	Schemata          []string                     `json:"schemata,omitempty"`
	MBMStats          *[]intelrdt.MBMNumaNodeStats `json:"mbm_stats,omitempty"`
	CMTStats          *[]intelrdt.CMTNumaNodeStats `json:"cmt_stats,omitempty"`
}

// NetworkInterface are the counters of one interface.
type NetworkInterface struct {
	Name                                    string
	RxBytes, RxPackets, RxErrors, RxDropped uint64
	TxBytes, TxPackets, TxErrors, TxDropped uint64
}

// Stats reads what the container uses now.
func (r *Runtime) Stats(id string) (*Stats, error) {
	c, err := r.load(id)
	if err != nil {
		return nil, err
	}
	if err := c.alive(); err != nil {
		return nil, err
	}
	return c.stats()
}

// alive demands a container whose init runs or waits to be started.
func (c *loaded) alive() error {
	if err := c.intact(); err != nil {
		return err
	}
	if s := c.status(); s == Stopped || s == Creating {
		return fmt.Errorf("%w: it is %s", ErrNotRunning, s)
	}
	return nil
}

func (c *loaded) stats() (*Stats, error) {
	cg, err := c.cgroup()
	if err != nil {
		return nil, err
	}
	from, err := cg.GetStats()
	if err != nil {
		return nil, fault.New("cgroup", err, "")
	}
	s := cgroupStats(from)
	if s.RDT, err = c.rdtStats(); err != nil {
		return nil, fault.New("resctrl group", err, "")
	}
	s.Interfaces, err = c.interfaces()
	return s, err
}

func cgroupStats(from *cgroups.Stats) *Stats {
	cpu, memory, blkio := &from.CpuStats, &from.MemoryStats, &from.BlkioStats
	s := &Stats{
		CPU: CPUStats{
			Usage: CPUUsage{
				Total:        cpu.CpuUsage.TotalUsage,
				Percpu:       cpu.CpuUsage.PercpuUsage,
				PercpuKernel: cpu.CpuUsage.PercpuUsageInKernelmode,
				PercpuUser:   cpu.CpuUsage.PercpuUsageInUsermode,
				Kernel:       cpu.CpuUsage.UsageInKernelmode,
				User:         cpu.CpuUsage.UsageInUsermode,
			},
			Throttling: Throttling{
				Periods:          cpu.ThrottlingData.Periods,
				ThrottledPeriods: cpu.ThrottlingData.ThrottledPeriods,
				ThrottledTime:    cpu.ThrottlingData.ThrottledTime,
			},
			PSI: cpu.PSI,
		},
		CPUSet: from.CPUSetStats,
		Memory: MemoryStats{
			Cache:     memory.Cache,
			Usage:     memoryEntry(memory.Usage),
			Swap:      memoryEntry(memory.SwapUsage),
			Kernel:    memoryEntry(memory.KernelUsage),
			KernelTCP: memoryEntry(memory.KernelTCPUsage),
			Raw:       memory.Stats,
			PSI:       memory.PSI,
		},
		Pids: from.PidsStats,
		Blkio: BlkioStats{
			IoServiceBytesRecursive: blkio.IoServiceBytesRecursive,
			IoServicedRecursive:     blkio.IoServicedRecursive,
			IoQueuedRecursive:       blkio.IoQueuedRecursive,
			IoServiceTimeRecursive:  blkio.IoServiceTimeRecursive,
			IoWaitTimeRecursive:     blkio.IoWaitTimeRecursive,
			IoMergedRecursive:       blkio.IoMergedRecursive,
			IoTimeRecursive:         blkio.IoTimeRecursive,
			SectorsRecursive:        blkio.SectorsRecursive,
			PSI:                     blkio.PSI,
		},
		Hugetlb: make(map[string]HugetlbStats, len(from.HugetlbStats)),
	}
	for size, h := range from.HugetlbStats {
		s.Hugetlb[size] = HugetlbStats{Usage: h.Usage, Max: h.MaxUsage, Failcnt: h.Failcnt}
	}
	return s
}

func memoryEntry(m cgroups.MemoryData) MemoryEntry {
	return MemoryEntry{Limit: m.Limit, Usage: m.Usage, Max: m.MaxUsage, Failcnt: m.Failcnt}
}

func (c *loaded) rdtStats() (s RDTStats, err error) {
	if c.state.Config.IntelRdt == nil {
		return s, nil
	}
	m := intelrdt.NewManager(&c.state.Config, c.id, c.state.IntelRdtPath)
	if m == nil {
		return s, nil
	}
	from, err := m.GetStats()
	if err != nil {
		return s, err
	}
	return RDTStats{
		L3CacheInfo:       from.L3CacheInfo,
		L3CacheSchemaRoot: from.L3CacheSchemaRoot,
		L3CacheSchema:     from.L3CacheSchema,
		MemBwInfo:         from.MemBwInfo,
		MemBwSchemaRoot:   from.MemBwSchemaRoot,
		MemBwSchema:       from.MemBwSchema,
		Schemata:          from.Schemata,
		MBMStats:          from.MBMStats,
		CMTStats:          from.CMTStats,
	}, nil
}

// interfaces reads the counters of the container's network namespace, unless that is the host's.
func (c *loaded) interfaces() ([]NetworkInterface, error) {
	if !c.state.Config.Namespaces.Contains(configs.NEWNET) {
		return nil, nil
	}
	init, err := c.init()
	if err != nil {
		return nil, err
	}
	defer init.Close()
	table, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.state.InitProcessPid), "net/dev"))
	if err != nil || init.Ended() { // the pid may have been given to another process
		return nil, nil
	}
	return parseInterfaces(string(table)), nil
}

// parseInterfaces reads /proc/net/dev: "name: " and eight counters of reception, then eight of transmission, of which
// the first four are bytes, packets, errors and drops.
func parseInterfaces(table string) []NetworkInterface {
	var list []NetworkInterface
	for line := range strings.Lines(table) {
		name, counters, ok := strings.Cut(line, ":")
		fields := strings.Fields(counters)
		name = strings.TrimSpace(name)
		if !ok || name == "lo" || len(fields) < 12 {
			continue
		}
		n := make([]uint64, len(fields))
		for i, f := range fields {
			n[i], _ = strconv.ParseUint(f, 10, 64)
		}
		list = append(list, NetworkInterface{
			Name:    name,
			RxBytes: n[0], RxPackets: n[1], RxErrors: n[2], RxDropped: n[3],
			TxBytes: n[8], TxPackets: n[9], TxErrors: n[10], TxDropped: n[11],
		})
	}
	return list
}
