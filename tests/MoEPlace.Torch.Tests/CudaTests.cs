using MoEPlace.Torch.Distributed;
using Xunit;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Torch.Tests;

/// <summary>What only a machine with a CUDA device can show.</summary>
public sealed class CudaTests
{
    private const string NoDevice = "no CUDA device is here, or libtorch was built without CUDA";

    [Fact]
    public void Blocks_on_a_CUDA_device_equal_those_on_the_CPU()
    {
        Assert.SkipUnless(torch.cuda.is_available(), NoDevice);
        using var scope = torch.NewDisposeScope();
        var stream = new SeedStream(4, "cuda");
        var (x, gateUp, down) = (TensorTests.Random(stream, 7, 8), TensorTests.Random(stream, 3, 12, 8), TensorTests.Random(stream, 3, 8, 6));
        var device = new TorchDevice(0);
        var there = grouped_experts(x.to(device), [3, 0, 4], gateUp.to(device), down.to(device)).to(TorchDevice.Cpu);
        Assert.InRange((there - grouped_experts(x, [3, 0, 4], gateUp, down)).abs().max().item(), 0, 1e-4);
        var (q, k) = (TensorTests.Random(stream, 2, 4, 5, 8), TensorTests.Random(stream, 2, 2, 5, 8));
        there = scaled_dot_product_attention(q.to(device), k.to(device), k.to(device), 0.3, is_causal: true).to(TorchDevice.Cpu);
        Assert.InRange((there - scaled_dot_product_attention(q, k, k, 0.3, is_causal: true)).abs().max().item(), 0, 1e-4);
    }

    [Fact]
    public void A_group_of_one_exchanges_over_NCCL()
    {
        Assert.SkipUnless(torch.cuda.is_available(), NoDevice);
        using var scope = torch.NewDisposeScope();
        var patience = TimeSpan.FromSeconds(60);
        using var store = TcpStore.Serve("127.0.0.1", 0, patience);
        using var group = new ProcessGroup(store, 0, 1, patience, "127.0.0.1", nccl: true);
        var device = new TorchDevice(0);
        var (sent, received) = (torch.full([4, 2], 3, device: device), torch.zeros([4, 2], device: device));
        group.alltoall_base(received, sent, [4], [4]);
        Assert.Equal(24, received.sum().item());
    }
}
